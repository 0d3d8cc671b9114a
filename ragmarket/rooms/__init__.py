"""The rooms of one house, built from settings: what a request needs, each part at the moment it is first asked for.

In: `Settings`. Out: the workshops' own objects, wired. Promise: asking for one part builds no other that it does not
need, so `ragmarket trace` loads no model and `ragmarket check` opens no index. `ragmarket.workshops` joins the rooms;
they must not know the doors.
"""
