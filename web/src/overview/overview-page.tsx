// SPDX-License-Identifier: LGPL-2.1-or-later
import { PageSection } from "@pf/Page";
import { Title } from "@pf/Title";

import { _ } from "../lib/i18n";

export function OverviewPage() {
    return (
        <PageSection>
            <Title headingLevel="h1">{_("Overview")}</Title>
        </PageSection>
    );
}
