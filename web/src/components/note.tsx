// SPDX-License-Identifier: LGPL-2.1-or-later
import { HelperTextItem } from "@pf/HelperText";
import type { ReactNode } from "react";

import { _ } from "../lib/i18n";

/** What is said below a field. */
interface Props { variant?: "default" | "warning" | "error"; children: ReactNode }

export function Note({ variant = "default", children }: Props) {
    const said = variant === "error" ? _("Error") : variant === "warning" ? _("Warning") : "";
    return <HelperTextItem variant={variant} screenReaderText={said}>{children}</HelperTextItem>;
}
