// SPDX-License-Identifier: LGPL-2.1-or-later
import { Button } from "@pf/Button";
import { Progress } from "@pf/Progress";
import { Spinner } from "@pf/Spinner";
import { Flex, FlexItem } from "@pf-layout/Flex";
import { useState } from "react";

import type { Job } from "../bus/contract";
import { _, fill } from "../lib/i18n";
import { jobTitle, progressText } from "../shell/job-words";
import { notifyError } from "../shell/notices";
import { useHouse } from "../store/context";

/** What is under way on the machine: how far it is, and Cancel. */
export function RunningJob({ job }: { job: Job }) {
    const { jobs } = useHouse();
    const [canceling, setCanceling] = useState(false);
    const title = jobTitle(job);

    const cancel = () => {
        setCanceling(true);
        jobs.cancel(job.path)
            .catch((thrown: unknown) => notifyError(fill(_("Cannot cancel: {operation}"), { operation: title }), thrown))
            .finally(() => setCanceling(false));
    };
    return (
        <Flex role="status" aria-label={_("Under way")} alignItems={{ default: "alignItemsCenter" }}>
            <FlexItem flex={{ default: "flex_1" }} className="running-job">
                {job.ProgressValid
                    ? <Progress title={title} value={Math.floor(job.Progress * 100)} size="sm" measureLocation="none"
                                helperText={progressText(job)} />
                    : <><Spinner size="md" aria-hidden="true" data-lasting /> {title}</>}
            </FlexItem>
            {job.Cancelable && (
                <FlexItem>
                    <Button variant="secondary" size="sm" isDisabled={canceling} onClick={cancel}>{_("Cancel")}</Button>
                </FlexItem>
            )}
        </Flex>
    );
}
