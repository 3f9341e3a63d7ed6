# SPDX-License-Identifier: LGPL-2.1-or-later
"""A polkit that answers as the test says, and remembers what it was asked."""

import dataclasses
import threading

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

INTERFACE = """<node><interface name="org.freedesktop.PolicyKit1.Authority">
  <method name="CheckAuthorization">
    <arg type="(sa{sv})" direction="in"/><arg type="s" direction="in"/>
    <arg type="a{ss}" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
    <arg type="(bba{ss})" direction="out"/>
  </method>
  <method name="CancelCheckAuthorization"><arg type="s" direction="in"/></method>
</interface></node>"""
YES, NO, PASSWORD, BROKEN, NEVER = "yes", "no", "password", "broken", "never"
ANSWERS = {YES: (True, False, {}), NO: (False, False, {}), PASSWORD: (False, True, {})}


@dataclasses.dataclass
class Question:
    """One CheckAuthorization, as it came."""

    subject: tuple
    action: str
    details: dict
    interactive: bool
    cancellation: str
    invocation: object


class PolkitMock:
    """org.freedesktop.PolicyKit1 on a bus, on a thread of its own.

    answer: YES, NO, PASSWORD (not without one), BROKEN (an error), or NEVER: then release()
    answers. A dictionary of answers by caller (its name on the bus), action, or (action, name of
    the object) goes before it.
    """

    def __init__(self, address):
        """Take the name; the answer is YES."""
        self.context = GLib.MainContext()
        self.loop = GLib.MainLoop(self.context)
        self.ready = threading.Event()
        self.reset()
        self.thread = threading.Thread(target=self._run, args=(address,), daemon=True)
        self.thread.start()
        assert self.ready.wait(10)

    def reset(self):
        """Forget all, and answer YES."""
        self.answer, self.answers = YES, {}
        self.questions, self.canceled = [], []

    def stop(self):
        """Leave the bus."""
        self.loop.quit()
        self.thread.join()

    def _run(self, address):
        self.context.push_thread_default()
        flags = (Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
                 | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION)
        connection = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)
        connection.set_exit_on_close(False)
        node = Gio.DBusNodeInfo.new_for_xml(INTERFACE)
        connection.register_object("/org/freedesktop/PolicyKit1/Authority", node.interfaces[0],
                                   self._on_call, None, None)
        connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus",
                             "org.freedesktop.DBus", "RequestName",
                             GLib.Variant("(su)", ("org.freedesktop.PolicyKit1", 0)), None,
                             Gio.DBusCallFlags.NONE, -1, None)
        self.ready.set()
        self.loop.run()
        if not connection.is_closed():  # by the end of the bus
            connection.close_sync(None)
        self.context.pop_thread_default()

    def _on_call(self, _connection, _sender, _path, _interface, method, arguments, invocation):
        if method == "CancelCheckAuthorization":
            self.canceled.append(arguments.unpack()[0])
            invocation.return_value(None)
            return
        subject, action, details, flags, cancellation = arguments.unpack()
        question = Question(subject, action, details, bool(flags & 1), cancellation, invocation)
        keys = (subject[1].get("name"), (action, details.get("name")), action)
        answer = next((self.answers[key] for key in keys if key in self.answers), self.answer)
        self.questions.append(question)
        if answer != NEVER:
            self.release(question, answer)

    def release(self, question, answer):
        """Answer a question that waits."""
        if answer == BROKEN:
            question.invocation.return_dbus_error("org.freedesktop.PolicyKit1.Error.Failed",
                                                  "broken")
        else:
            question.invocation.return_value(GLib.Variant("((bba{ss}))", (ANSWERS[answer],)))
