// SPDX-License-Identifier: LGPL-2.1-or-later
// Keeps the rest of the page when a part of it fails: as when a chunk of it is asked for after the package was upgraded, and
// the new one has others. Give it a key by what it shows: it begins anew with another.
import { Button } from "@pf/Button";
import { EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from "@pf/EmptyState";
import { Component, type ReactNode } from "react";

import { _ } from "../lib/i18n";

interface Props { children: ReactNode }

interface State { message: string | null }

export class Boundary extends Component<Props, State> {
    override state: State = { message: null };

    static getDerivedStateFromError(thrown: unknown): State {
        return { message: thrown instanceof Error ? thrown.message : String(thrown) };
    }

    override render(): ReactNode {
        return this.state.message === null ? this.props.children : <Failed message={this.state.message} />;
    }
}

function Failed({ message }: { message: string }) {
    return (
        <EmptyState titleText={_("This part of the page cannot be shown")} headingLevel="h2" status="warning">
            <EmptyStateBody>
                <p>{_("Hatago may have been upgraded since the page was opened.")}</p>
                <p>{message}</p>
            </EmptyStateBody>
            <EmptyStateFooter>
                <EmptyStateActions>
                    <Button onClick={() => window.location.reload()}>{_("Load anew")}</Button>
                </EmptyStateActions>
            </EmptyStateFooter>
        </EmptyState>
    );
}
