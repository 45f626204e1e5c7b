"""The dashboard under `/__mockkrea/ui`: what goes on in a world, live, for a person to watch and to steer.

It watches without a trace: every page asks by `Tenant.glimpse`, so no test can tell whether somebody looks.
It steers by the control API alone: each button is one of its calls (`acting.py`), and says which.

Pages are whole without scripts. The one script puts a page's new state in the place of the old one
whenever the event stream says that something changed (`live.py`).
"""
