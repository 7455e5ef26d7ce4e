"""Views made from events: each can be thrown away and rebuilt, one view a module."""
