"""Reads and works the native menu of the one app on this desktop, through AT-SPI.

    atspi.py menu              prints the menu bar as JSON
    atspi.py choose MENU ITEM  chooses an item, and prints null
    atspi.py press KEY...      presses these keys together, such as Control_L 2, and prints null
    atspi.py point X Y         moves the pointer there on the screen, and prints null

It never touches the page in the window: only the native menu bar. It looks anew each time it is run and remembers nothing,
so what it prints is what is there.
"""

import json
import sys

import gi

gi.require_version("Atspi", "2.0")
gi.require_version("Gdk", "3.0")
from gi.repository import Atspi, Gdk  # noqa: E402 (the version has to be chosen first)


def children(accessible):
    for index in range(accessible.get_child_count()):
        child = accessible.get_child_at_index(index)
        if child is not None:
            yield child


def menu_bar(accessible, depth=5):
    """The first menu bar below; it is near the top, and the page is deep."""
    if accessible.get_role() == Atspi.Role.MENU_BAR:
        return accessible
    if depth > 0:
        for child in children(accessible):
            found = menu_bar(child, depth - 1)
            if found is not None:
                return found
    return None


def the_menu_bar():
    for app in children(Atspi.get_desktop(0)):
        found = menu_bar(app)
        if found is not None:
            return found
    sys.exit("There is no app with a menu bar on this desktop.")


def items(menu):
    """The items of a menu. GTK lists them below the menu, separators among them."""
    return [item for item in children(menu) if item.get_role() != Atspi.Role.SEPARATOR]


def keys(item):
    """The letter that chooses it in its menu, and the key that chooses it anywhere: `a;...;<Primary>1`."""
    letter, _, anywhere = (item.get_action_iface().get_key_binding(0) + ";;").split(";")[:3]
    return {"letter": letter, "key": anywhere}


def press(names):
    """Presses the keys from the first to the last, and lets go of them in the other order."""
    codes = [Gdk.Keymap.get_default().get_entries_for_keyval(Gdk.keyval_from_name(name)) for name in names]
    for name, (found, _) in zip(names, codes, strict=True):
        if not found:
            sys.exit(f"There is no key {name}.")
    codes = [entries[0].keycode for _, entries in codes]
    for code in codes:
        Atspi.generate_keyboard_event(code, None, Atspi.KeySynthType.PRESS)
    for code in reversed(codes):
        Atspi.generate_keyboard_event(code, None, Atspi.KeySynthType.RELEASE)


def enabled(item):
    return item.get_state_set().contains(Atspi.StateType.SENSITIVE)


def described(menu):
    return {
        "label": menu.get_name(),
        "items": [{"label": item.get_name(), "enabled": enabled(item)} | keys(item) for item in items(menu)],
    }


def choose(menu_label, item_label):
    for menu in children(the_menu_bar()):
        if menu.get_name() != menu_label:
            continue
        for item in items(menu):
            if item.get_name() != item_label:
                continue
            # A choice of a disabled item would be reported as done, and do nothing.
            if not enabled(item):
                sys.exit(f"{menu_label} > {item_label} is disabled.")
            if not item.get_action_iface().do_action(0):
                sys.exit(f"{menu_label} > {item_label} could not be chosen.")
            return
    sys.exit(f"There is no {menu_label} > {item_label}.")


def main(arguments):
    match arguments:
        case ["menu"]:
            print(json.dumps([described(menu) for menu in children(the_menu_bar())]))
        case ["choose", menu, item]:
            choose(menu, item)
            print("null")
        case ["press", *names] if names:
            press(names)
            print("null")
        case ["point", x, y]:
            Atspi.generate_mouse_event(int(x), int(y), "abs")
            print("null")
        case _:
            sys.exit(__doc__)


main(sys.argv[1:])
