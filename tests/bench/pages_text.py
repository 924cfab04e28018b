# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of the guide "What it costs"."""

from __future__ import annotations

HEAD = """\
.. _ansible_collections.mailflow.exchange_online.docsite.cost:

What it costs
=============

..
   Written by ``make bench ARGS="--docs"``. Its words stand in tests/bench/pages_text.py.

Seconds, requests and memory, for one partner list and for many tenants, beside what people use in its place. The
numbers come from one command, which anybody can run. It takes about {minutes:.0f} minutes:

.. code-block:: text

    make bench ARGS="--docs"

What is measured is a real ``ansible-playbook`` with all that belongs to it, start-up included, against this project's
lab, a stand-in for Entra ID and Exchange Online on the same machine. No real tenant has been measured. The lab waits
before each answer of Exchange, {latency:.0f} ms where nothing else is said; how long Exchange itself takes is not
known. What is calculated is marked so.

The machine had {cpus} processors, which the lab shared, and a load of {load:.1f} when the run began. Counts are the
same on every machine, times are not.

.. contents::
   :local:
   :depth: 1
"""

ONE = """\
One tenant
----------

The role ``forced_tls`` without probe and report, {latency:.0f} ms a request. Each partner has two connectors, and in a
first run each of them is one write. With ``forced_tls_batch_size: 10`` ten writes travel in one request; with
``forced_tls_pack: true`` partners that agree in everything but their domains share connectors.
"""

LARGE = """\
In a tenant with 1,800 outbound and 4,450 inbound connectors, all 1,800 partners of the list among them, a run that has
nothing to do takes {told}. Exchange hands out a thousand records a page, and each further page is one more request.
"""

BESIDE = """\
Beside other ways
-----------------

* *uri loop*: a hand-written playbook with ``ansible.builtin.uri`` that signs in, looks each connector up by its name
  and then makes or sets it.
* *connector loop*: a loop over the module ``connector``, inside the controller; and with
  ``exo_in_controller: false``, as modules.

The loops are run over short lists only, because they take minutes for longer ones. All ways leave the same connectors.
"""

CALCULATED = """\
Microsoft365DSC and CIPP cannot run against the lab. Their requests are calculated from what their code does, without
the sign-in, for N partners:

"""

MANY = """\
Many tenants
------------

Each tenant is an inventory host with {partners} partners, everything stands already, {latency:.0f} ms a request,
20 forks. The task is the module ``connectors`` with a list that is a variable of the group. *Do nothing* is an action
plugin that returns at once, over the same inventory, which is what Ansible itself takes; *with the list*, it is handed
what ``connectors`` is handed. *As modules* is the same task with ``exo_in_controller: false``. The last row is the
whole role. The lab shares the processors, and what it took stands beside. The memory of a fork holds what it shares
with the others.
"""

SHORT = """\
One task over {short} partners that need nothing, without any latency, and a playbook with one ``debug`` task:
"""

BARS = """\
The bars
--------

What the project set itself, and what this run has seen. A missed bar stays here until it is reached.
"""
