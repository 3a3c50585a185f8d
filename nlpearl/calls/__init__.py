"""One call of any operation, from its first request to a result or an error.

Here: the operations, retries, what a response means, lookups, and the path of one lead. Not here:
how a request goes out (http/), many leads (bulk/).
"""
