# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls of all that the agent offers, on all objects, with arguments that nobody would send."""

import random
import re
import xml.etree.ElementTree as ElementTree

from agent import TOP
from gi.repository import GLib
from hatago_bus import HOST_CHECK, JOB, MACHINE, NAME, NO_OPTIONS, PROPERTIES, ROOT
from interface_xml import read_interfaces
from machines import domain_xml

INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"
OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"
PEER = "org.freedesktop.DBus.Peer"
# What sd-bus itself answers; the rest of the contract's errors stand in the interfaces' texts.
BUS_ERRORS = {f"org.freedesktop.DBus.Error.{name}" for name in (
    "InvalidArgs", "UnknownMethod", "UnknownObject", "UnknownInterface", "UnknownProperty",
    "PropertyReadOnly", "AccessDenied", "InteractiveAuthorizationRequired", "LimitsExceeded")}
TEXTS = ["", "a", "web", "-h", "a;b", "%n%s", "../x", "/", "旅籠", "\x1b[2J", "\x7f", "a\nb", "x" * 300,
         "x" * 70000, "true", "0", "-1", "18446744073709551616", "<domain/>", "<!DOCTYPE x>",
         "00000000-0000-0000-0000-000000000000", "org.hatago.Host1", "(", "a{sv}", "\u202e", "\ufeff"]
NUMBERS = [0, 1, 2, 7, 8, 255, 1000, 65535, 5_000_000, 2**31 - 1, 2**31, 2**32 - 1, 2**53, 2**63 - 1,
           2**63, 2**64 - 1]
LIMITS = {"y": (0, 2**8 - 1), "n": (-2**15, 2**15 - 1), "q": (0, 2**16 - 1), "i": (-2**31, 2**31 - 1),
          "u": (0, 2**32 - 1), "x": (-2**63, 2**63 - 1), "t": (0, 2**64 - 1), "h": (0, 2**31 - 1)}
BASIC = "ybnqiuxtdsog"


def interface_texts():
    """Return all that the published interfaces say."""
    return "\n".join(path.read_text() for path in sorted((TOP / "dbus-interfaces").glob("*.xml")))


def option_names():
    """Return {method: the names of options that its text tells of}."""
    found = re.findall(r"<!--((?:(?!-->).)*)-->\s*<method name=\"(\w+)\"", interface_texts(), re.DOTALL)
    return {method: sorted(set(re.findall(r'"([a-z][a-z-]*)"', text))) for text, method in found}


def known_errors():
    """Return the names of errors that a caller may see: those that the interfaces' texts tell of."""
    return BUS_ERRORS | {f"{NAME}.Error.{word}" for word in re.findall(r"\b[A-Z]\w+", interface_texts())}


def split(signature):
    """Return the single complete types of a signature."""
    types, start, depth = [], 0, 0
    for end, letter in enumerate(signature, 1):
        depth += (letter in "({") - (letter in ")}")
        if depth == 0 and letter != "a":
            types.append(signature[start:end])
            start = end
    return types


class Offer:
    """What there is to be called: found by introspection, so that what is new is in it."""

    def __init__(self, caller):
        """Look at every object."""
        self.paths, self.methods, self.properties = [], {}, {}
        self._visit(caller, ROOT)
        self.methods.setdefault(("org.freedesktop.DBus.Properties", "GetAll"), "s")

    def _visit(self, caller, path):
        """Look at an object and at those below it; of a hundred jobs a few are enough."""
        text = caller.call(path, INTROSPECTABLE, "Introspect")
        self.paths.append(path)
        for name, interface in read_interfaces(text).items():
            for method, arguments in interface.methods.items():
                self.methods[name, method] = "".join(
                    type_ for _, type_, direction in arguments if direction == "in")
            for member in interface.properties:
                self.properties[name, member] = path
        below = [node.get("name") for node in ElementTree.fromstring(text).findall("node")]
        for name in sorted(below)[-10:]:
            self._visit(caller, f"{path}/{name}")


class Fuzzer:
    """Makes calls from a seed: the same ones from the same seed and the same offer."""

    def __init__(self, seed, names):
        """names: of machines that may be defined, and defined again."""
        self.random = random.Random(seed)
        self.names = names
        # Whatever is named anywhere in the contract: options, properties, verbs, words.
        self.options = option_names()
        self.words = sorted(set(re.findall(r"[A-Za-z][\w-]+", interface_texts())))

    def call(self, offer):
        """Return path, interface, method and arguments of a call."""
        choice = self.random.random()
        path = self._path(offer)
        if choice < 0.3:
            return path, PROPERTIES, *self._property(offer)
        if choice < 0.31:
            return ROOT, OBJECT_MANAGER, "GetManagedObjects", []
        if choice < 0.34:
            return path, self.random.choice([PEER, INTROSPECTABLE, MACHINE]), self._text_word(), []
        (interface, method), signature = self.random.choice(sorted(offer.methods.items()))
        if method == "GetManagedObjects":
            interface, method, signature = PEER, "Ping", ""
        if self.random.random() < 0.7:
            path = self._path_with(offer, interface)
        if self.random.random() < 0.15:
            signature = self._signature()
        return path, interface, method, [self._value(type_, method) for type_ in split(signature)]

    def _property(self, offer):
        """Return a call of Properties."""
        (interface, name) = self.random.choice(sorted(offer.properties))
        if self.random.random() < 0.2:
            interface = self._text()
        if self.random.random() < 0.2:
            name = self._text()
        method = self.random.choice(["Get", "Get", "GetAll", "Set"])
        arguments = [GLib.Variant("s", interface), GLib.Variant("s", name), self._value("v")]
        return method, arguments[:{"Get": 2, "GetAll": 1, "Set": 3}[method]]

    def _path(self, offer):
        """Return an object's path, a container's, or nobody's."""
        path = self.random.choice(offer.paths)
        choice = self.random.random()
        if choice < 0.6:
            return path
        if choice < 0.75:
            return self.random.choice(["/", "/org", "/org/hatago", f"{ROOT}/machines", f"{ROOT}/jobs",
                                       f"{ROOT}/networks", f"{ROOT}/checks", "/org/hatago/Host2"])
        return self._spoil(path)

    def _path_with(self, offer, interface):
        """Return the path of an object that should have this interface."""
        folder = {MACHINE: f"{ROOT}/machines/", JOB: f"{ROOT}/jobs/",
                  HOST_CHECK: f"{ROOT}/checks/"}.get(interface)
        if interface.startswith(f"{MACHINE}."):
            folder = f"{ROOT}/machines/"
        found = [path for path in offer.paths if folder and path.startswith(folder)]
        return self.random.choice(found) if found else ROOT

    def _spoil(self, path):
        """Return a path that is valid, and almost this one."""
        letters = "".join(self.random.choices("abcdefABCDEF0123456789____", k=self.random.randint(1, 8)))
        at = self.random.randint(1, len(path))
        spoilt = self.random.choice([f"{path}/{letters}", path[:at] + letters + path[at:], path[:at],
                                     path + letters * 200, path.upper()])
        spoilt = re.sub("/+", "/", spoilt).rstrip("/") or "/"
        return spoilt if GLib.Variant.is_object_path(spoilt) else "/"

    def _text_word(self):
        """Return a name that may stand for a member."""
        return self.random.choice([word for word in self.words if word.isalnum()])

    def _text(self, method=""):
        """Return a text; for a definition mostly one that is nearly right."""
        if method in ("DefineMachine", "SetXML") and self.random.random() < 0.8:
            return self._xml()
        pool = self.random.choice([TEXTS, self.words, self.names])
        return self.random.choice(pool)

    def _xml(self):
        """Return XML of a machine, half of the times with mistakes."""
        name = self.random.choice(self.names)
        uuid = f"{self.random.getrandbits(32):08x}-0000-4000-8000-{self.random.getrandbits(48):012x}"
        xml = domain_xml(name, uuid if self.random.random() < 0.2 else None,
                         vcpus=self.random.choice([1, 2, 0, 10**9]) if self.random.random() < 0.2 else 1)
        if self.random.random() < 0.5:
            return xml
        at, length = self.random.randrange(len(xml)), self.random.randrange(12)
        filling = self.random.choice(["", "<", "&#0;", "&x;", "<!DOCTYPE d>", "]]>", "旅", xml[:40]])
        return xml[:at] + filling + xml[at + length:]

    def _signature(self):
        """Return types that nobody expects."""
        return "".join(self._type(0) for _ in range(self.random.randint(0, 3)))

    def _type(self, depth):
        """Return a single complete type."""
        choice = self.random.random() if depth < 4 else 0
        if choice < 0.6:
            return self.random.choice(BASIC)
        if choice < 0.7:
            return "v"
        if choice < 0.85:
            return f"a{self._type(depth + 1)}"
        if choice < 0.9:
            return f"a{{{self.random.choice(BASIC)}{self._type(depth + 1)}}}"
        return f"({''.join(self._type(depth + 1) for _ in range(self.random.randint(1, 3)))})"

    def _options(self, method):
        """Return a dictionary of options: mostly none, else known ones and others, of any type."""
        choice, known = self.random.random(), self.options.get(method, [])
        if choice < 0.5 or (choice < 0.9 and not known):
            return NO_OPTIONS
        keys = self.random.choices(known if choice < 0.9 else self.words, k=self.random.randint(1, 2))
        return GLib.Variant("a{sv}", {key: self._value(self.random.choice("bbbts") if
                                                       self.random.random() < 0.8 else self._type(2))
                                      for key in keys})

    def _value(self, type_, method="", depth=0):
        """Return a value of a type."""
        if type_ == "a{sv}" and depth == 0:
            return self._options(method)
        if type_ == "v":
            return GLib.Variant("v", self._value(self._type(depth + 1), method, depth + 1))
        if type_[0] == "a":
            items = [self._value(type_[1:], method, depth + 1) for _ in range(self.random.randint(0, 3))]
            return GLib.Variant.new_array(GLib.VariantType(type_[1:]), items)
        if type_[0] == "(":
            return GLib.Variant.new_tuple(*[self._value(each, method, depth + 1)
                                            for each in split(type_[1:-1])])
        if type_[0] == "{":
            return GLib.Variant.new_dict_entry(*[self._value(each, method, depth + 1)
                                                 for each in split(type_[1:-1])])
        return GLib.Variant(type_, self._basic(type_, method))

    def _basic(self, type_, method):
        """Return a Python value for a basic type."""
        if type_ == "s":
            return self._text(method)
        if type_ == "o":
            return self._spoil(f"{ROOT}/machines/x")
        if type_ == "g":
            return self._signature()
        if type_ == "b":
            return self.random.random() < 0.5
        if type_ == "d":
            return self.random.choice([0.0, -1.5, float("nan"), float("inf"), 1e308])
        least, most = LIMITS[type_]
        return max(least, min(most, self.random.choice([1, 1, 1, -1]) * self.random.choice(NUMBERS)))


def texts_of(call):
    """Return a call as it is printed for whoever looks for a mistake."""
    path, interface, method, arguments = call
    return f"{path} {interface}.{method}({', '.join(str(each)[:200] for each in arguments)})"
