"""Recorded once, run many times: what a call recorded, as straight-line code of numpy."""
