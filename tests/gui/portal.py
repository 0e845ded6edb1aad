"""A desktop's portal for the tests: takes one wish for a screenshot on the session bus and answers it.

python -m tests.gui.portal CODE FILE

CODE: 0 = here it is (FILE), 1 = the person stopped it, 2 = it failed. Says "ready" once it can be asked.
"""

from __future__ import annotations

import sys
from pathlib import Path

from jeepney import DBusAddress, HeaderFields, MessageType, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection

NAME = "org.freedesktop.portal.Desktop"


def main() -> None:
    code, file = int(sys.argv[1]), Path(sys.argv[2])
    connection = open_dbus_connection("SESSION")
    connection.send_and_get_reply(message_bus.RequestName(NAME))
    print("ready", flush=True)
    while True:
        message = connection.receive()
        fields = message.header.fields
        is_call = message.header.message_type is MessageType.method_call
        if not is_call or fields.get(HeaderFields.member) != "Screenshot":
            continue
        _parent, options = message.body
        assert options["interactive"] == ("b", True)
        sender = fields[HeaderFields.sender].removeprefix(":").replace(".", "_")
        handle = f"/org/freedesktop/portal/desktop/request/{sender}/{options['handle_token'][1]}"
        connection.send(new_method_return(message, "o", (handle,)))
        emitter = DBusAddress(handle, bus_name=NAME, interface="org.freedesktop.portal.Request")
        results = {"uri": ("s", file.as_uri())} if code == 0 else {}
        connection.send(new_signal(emitter, "Response", "ua{sv}", (code, results)))


if __name__ == "__main__":
    main()
