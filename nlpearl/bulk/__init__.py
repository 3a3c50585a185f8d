"""Many leads: who reads the input, who sends, who waits, and how fast.

Here: the run behind `add_leads`. Not here: what happens to one lead (calls/campaign.py).
"""
