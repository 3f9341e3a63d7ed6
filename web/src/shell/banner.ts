// SPDX-License-Identifier: LGPL-2.1-or-later
// What is said above every page when the agent, or libvirt behind it, does not answer.
import type { Agent } from "../bus/contract";
import { _ } from "../lib/i18n";
import { errorText } from "../lib/words";
import type { Link } from "../store/house";

export interface Banner {
    about: "agent" | "libvirt";
    title: string;
    /** A line for each thing there is to say. */
    text: string;
    /** Whether the agent can be asked for: nobody has its name on the bus. */
    offersStart: boolean;
}

/** owner: who has the agent's name on the bus. null: there is nothing to say. */
export function bannerOf(link: Link, agent: Agent | null, owner: string | null | undefined): Banner | null {
    const old = agent ? _("What you see may be old.") : "";
    if (link.state === "lost")
        return {
            about: "agent",
            title: owner ? _("The service hatagod does not answer as it should; it is asked again and again.") : _("The service hatagod does not run."),
            text: [link.error && errorText(link.error), old].filter(Boolean).join("\n"),
            offersStart: !owner,
        };
    // Before the first reading has ended, only an error tells a libvirt that is not there from one that is being read.
    if (link.state === "ready" && agent && !agent.Connected && (agent.Ready || agent.ConnectionError))
        return {
            about: "libvirt",
            title: _("libvirt does not answer. hatagod connects again as soon as it does."),
            text: [agent.ConnectionError, agent.Ready && old].filter(Boolean).join("\n"),
            offersStart: false,
        };
    return null;
}
