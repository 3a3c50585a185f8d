"""A lead: what a caller passes, checked; and its outcome. Pure.

Here: the fields of a lead and their rules, the results that callers get. Not here: time zones
(time_zones/), how a lead is sent (calls/).
"""
