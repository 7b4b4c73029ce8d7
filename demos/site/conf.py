"""Settings of the documentation site. What is built is whole: no page asks the network for anything."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import autograd

# Cells run as in a new account: no settings of the reader's own, no history of theirs. And only what is wrong is said.
settings = Path(__file__).parents[2] / "out" / ".ipython" / "profile_default" / "ipython_kernel_config.py"
settings.parent.mkdir(parents=True, exist_ok=True)
settings.write_text('get_config().Application.log_level = "ERROR"\n', encoding="utf-8")
os.environ["IPYTHONDIR"] = str(settings.parents[1])
logging.getLogger("traitlets").setLevel(logging.ERROR)

project = "chainrule"
version = release = autograd.__version__
language = "en"

extensions = ["myst_nb", "sphinx.ext.autodoc", "demos.site.show"]
exclude_patterns = ["static"]
nitpicky = True  # what a page refers to must be there

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # there are none, and they would come from elsewhere

default_role = "named"
autodoc_inherit_docstrings = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # signatures stay as short as the reader needs them; docstrings say shapes, dtypes and errors
toc_object_entries = False

html_theme = "furo"
html_title = f"chainrule {version}"
html_static_path = ["static"]
html_css_files = ["site.css", "pictures.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
