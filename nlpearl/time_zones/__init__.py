"""Time zones: a name or a tzinfo object → the Windows time zone id that the API takes. Pure.

Here: which names are accepted (names.py, and the generated table.py), the public function
(convert.py), and what is said of a name that is refused (refusals.py). An alias of a zone belongs
to tools/time_zones.toml.
"""
