// SPDX-License-Identifier: LGPL-2.1-or-later
import { ActionGroup, Form, FormGroup } from "@pf/Form";
import { Bullseye } from "@pf-layout/Bullseye";
import { Button } from "@pf/Button";
import { HelperText } from "@pf/HelperText";
import { TextInput } from "@pf/TextInput";
import { useState } from "react";

import { Note } from "../../components/note";
import { _ } from "../../lib/i18n";

interface Props {
    /** The one before was wrong. */
    wrong: boolean;
    onPassword: (password: string) => void;
    /** Connects without: for who may see passwords anyway. */
    onSkip: () => void;
}

/** Asks for the password that a display's configuration gives it. */
export function PasswordForm({ wrong, onPassword, onSkip }: Props) {
    const [password, setPassword] = useState("");
    return (
        <Bullseye>
            <Form className="console-password" onSubmit={(event) => {
                event.preventDefault();
                onPassword(password);
            }}>
                <FormGroup label={_("Password of this display")} fieldId="display-password">
                    <TextInput id="display-password" type="password" value={password} autoFocus autoComplete="off"
                               validated={wrong ? "error" : "default"} onChange={(_event, value) => setPassword(value)} />
                    {wrong && (
                        <HelperText isLiveRegion><Note variant="error">{_("That was not it.")}</Note></HelperText>
                    )}
                </FormGroup>
                <ActionGroup>
                    <Button type="submit">{_("Connect")}</Button>
                    <Button variant="link" onClick={onSkip}>{_("As an administrator, without it")}</Button>
                </ActionGroup>
            </Form>
        </Bullseye>
    );
}
