"""One file per paper: a circuit, and what the paper says of it in the formulas that ``symgame check`` reads; further
circuits are sections.

``python -m derivations --out DIR`` decides and reports all of them, ``python derivations/Tsodyks_1997.py`` one. A file
of your own is built the same way, wherever it stands; see :mod:`symgame.paper`.
"""
