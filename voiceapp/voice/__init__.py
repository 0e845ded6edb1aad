"""Order: who does what when, and what is cancelled with what. Owns every asyncio task.

Starts, orders and cancels; decides nothing that ``core`` can decide, translates nothing that an adapter can.
May import: core, ports. One session owns one conversation's turns; the window and the terminal drive the same class.

A newcomer may ask why there is no general graph of processors: there is one fixed chain (hear, answer, speak), and
a graph would make every stage know about interruption; here one task scope per turn is cancelled as a whole.
"""
