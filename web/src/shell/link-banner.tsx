// SPDX-License-Identifier: LGPL-2.1-or-later
import { Alert, AlertActionLink } from "@pf/Alert";
import { PageSection } from "@pf/Page";

import { _ } from "../lib/i18n";
import { useValue } from "../lib/observable";
import { errorText } from "../lib/words";
import { useHouse } from "../store/context";

/** Says that the agent, or libvirt behind it, is gone. What was last known stays in sight, and it goes by itself. */
export function LinkBanner() {
    const house = useHouse();
    const link = useValue(house.link);
    const agent = useValue(house.agent);

    if (link.state === "lost")
        return (
            <PageSection>
                <Alert isInline variant="warning" title={_("The service hatagod does not answer. What you see may be old.")}
                       actionLinks={<AlertActionLink onClick={() => house.retry()}>{_("Start it")}</AlertActionLink>}>
                    {link.error && errorText(link.error)}
                </Alert>
            </PageSection>
        );
    if (link.state === "ready" && agent?.Ready && !agent.Connected)
        return (
            <PageSection>
                <Alert isInline variant="warning" title={_("libvirt does not answer. What you see may be old.")}>
                    {agent.ConnectionError}
                </Alert>
            </PageSection>
        );
    return null;
}
