"""Pages that a reader does something with, each one file of HTML that asks nothing of a network: `player` plays a graph as a film.

`page` has what they share. They are made from the scenes of `autograd.drawing`.
"""

from autograd.pages.page import Page
from autograd.pages.player import Player, graph_player

__all__ = ["Page", "Player", "graph_player"]
