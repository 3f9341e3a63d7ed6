// SPDX-License-Identifier: LGPL-2.1-or-later
import { AlertActionLink } from "@pf/Alert";
import { PageSection } from "@pf/Page";

import { Alert } from "../components/alert";
import { Lines } from "../components/lines";
import { _ } from "../lib/i18n";
import { useValue } from "../lib/observable";
import { useHouse } from "../store/context";
import { bannerOf } from "./banner";

/** Says that the agent, or libvirt behind it, is gone. What was last known stays in sight, and it goes by itself. */
export function LinkBanner() {
    const house = useHouse();
    const banner = bannerOf(useValue(house.link), useValue(house.agent), useValue(house.connection.owner));
    return (
        <div aria-live="polite">
            {banner && (
                <PageSection>
                    <Alert isInline variant="warning" title={banner.title} data-about={banner.about}
                           {...banner.offersStart ? { actionLinks: <AlertActionLink onClick={() => void house.start()}>{_("Start it")}</AlertActionLink> } : {}}>
                        <Lines text={banner.text} />
                    </Alert>
                </PageSection>
            )}
        </div>
    );
}
