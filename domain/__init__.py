"""The rules of the field: regulations, routes, calendar, packet, dispatch. No input, no output."""
