// SPDX-License-Identifier: LGPL-2.1-or-later
// PatternFly's alert; what it says to screen readers alone is in the user's language, and its heading fits below the page's.
import { Alert as PlainAlert, AlertActionCloseButton, type AlertProps } from "@pf/Alert";

import { N_, _, fill } from "../lib/i18n";

const KINDS = { success: N_("Done:"), danger: N_("Error:"), warning: N_("Warning:"), info: N_("Note:") };

interface Props extends Omit<AlertProps, "variant" | "actionClose"> {
    variant: keyof typeof KINDS;
    title: string;
    /** It can be closed. */
    onClose?: () => void;
}

export function Alert({ variant, title, onClose, ...more }: Props) {
    return (
        <PlainAlert component="h2" variant={variant} title={title} variantLabel={_(KINDS[variant])}
                    {...onClose ? {
                        actionClose: <AlertActionCloseButton onClose={onClose} aria-label={fill(_("Close: {title}"), { title })} />,
                    } : {}} {...more} />
    );
}
