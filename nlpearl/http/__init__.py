"""One exchange: a request that goes out over HTTP, and what comes back.

Here: the httpx clients, how a request is signed, how far it got, deadlines. The only folder that
imports httpx. Not here: what a response means, and whether to retry (calls/).
"""
