# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sphinx's settings for the documentation site; ``docs_site`` puts them beside the pages as conf.py."""

project = "mailflow.exchange_online"
copyright = "2026, mailflow.exchange_online contributors"  # noqa: A001 - Sphinx's name for it

extensions = ["sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
default_role = "any"
highlight_language = "YAML+Jinja"
pygments_style = "ansible"
nitpicky = True
# Of Ansible's own documentation, only what pages refer to, from a list made here: the site is built without a network.
intersphinx_mapping = {"ansible": ("https://docs.ansible.com/projects/ansible/devel/", "ansible.inv")}

html_theme = "alabaster"
html_title = "mailflow.exchange_online"
html_theme_options = {
    "description": "Forced TLS with partner organisations in Exchange Online",
    "page_width": "56rem",
    "sidebar_width": "16rem",
    "font_family": "system-ui, sans-serif",
    "head_font_family": "system-ui, sans-serif",
    "font_size": "1rem",
    "show_powered_by": False,
}
html_sidebars = {"**": ["about.html", "searchfield.html", "navigation.html"]}
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_use_index = False
