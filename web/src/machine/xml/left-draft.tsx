// SPDX-License-Identifier: LGPL-2.1-or-later
// What was edited of a machine that is gone: it can be kept elsewhere, or be discarded.
import { AlertActionLink } from "@pf/Alert";

import { Alert } from "../../components/alert";
import { writeClipboard } from "../../lib/clipboard";
import { _ } from "../../lib/i18n";
import { notify } from "../../shell/notices";
import { dropDraft, type Draft } from "./drafts";

export function LeftDraft({ uuid, draft }: { uuid: string; draft: Draft }) {
    const copy = () => void writeClipboard(draft.text).then(
        () => notify("success", _("Copied")), () => notify("warning", _("The browser does not let this page write to the clipboard.")));
    return (
        <Alert isInline variant="warning" title={_("XML that you edited was not saved.")} actionLinks={(
            <>
                <AlertActionLink onClick={copy}>{_("Copy")}</AlertActionLink>
                <AlertActionLink onClick={() => dropDraft(uuid)}>{_("Discard it")}</AlertActionLink>
            </>
        )} />
    );
}
