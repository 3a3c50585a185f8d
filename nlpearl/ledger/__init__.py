"""The ledger: who may be sent, so that no repetition of the work adds a lead twice.

Here: what a record is (records.py) and means (claims.py), both pure; the thread that talks to the
store (writer.py); one file for each store (sqlite.py, postgresql.py; another store is another file
beside them); and `Ledger`, which callers hold (ledger.py). Not here: when it is asked
(calls/campaign.py).
"""
