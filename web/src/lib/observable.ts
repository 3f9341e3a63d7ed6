// SPDX-License-Identifier: LGPL-2.1-or-later
// A value that others follow. Values are never changed in place: a new one is set, so that who renders can compare.
import { useSyncExternalStore } from "react";

export class Observable<T> {
    private followers = new Set<() => void>();
    private value: T;

    constructor(value: T) {
        this.value = value;
    }

    readonly get = (): T => this.value;

    set(value: T): void {
        if (Object.is(value, this.value))
            return;
        this.value = value;
        for (const follower of [...this.followers])
            follower();
    }

    /** Calls back at each new value; returns what ends that. */
    readonly follow = (follower: () => void): (() => void) => {
        this.followers.add(follower);
        return () => this.followers.delete(follower);
    };
}

/** The value, in a component that renders anew with each. */
export function useValue<T>(observable: Observable<T>): T {
    return useSyncExternalStore(observable.follow, observable.get);
}
