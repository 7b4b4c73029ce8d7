"""The documentation site: pages, and what builds them. `make docs` leaves it in out/site.

A page is a notebook in Markdown; building runs its cells, and so does a test. `conf` has the settings, `show` what pages are shown with.
"""
