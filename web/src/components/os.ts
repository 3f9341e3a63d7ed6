// SPDX-License-Identifier: LGPL-2.1-or-later

/** "debian 12", of libosinfo's id "http://debian.org/debian/12". */
export function osText(id: string): string {
    const parts = id.split("/").slice(3).filter(Boolean);
    return parts.length > 0 ? parts.join(" ") : id;
}
