"""Time zones: a name or a tzinfo object → the Windows time zone id that the API takes. Pure.

`convert.py` has the public function. What it accepts is decided in `names.py` (an id or an IANA
name of the generated `table.py`) and in `labels.py` (an IANA name within a label). What it says of
the rest is in `refusals.py`, and which zones the rest means is in `proposals.py`. `offsets.py`,
`abbreviations.py` and `windows_names.py` serve these. A correction to CLDR belongs in
tools/time_zones.toml.
"""
