"""Pages that a reader does something with, each one file of HTML that asks nothing of a network: `player` plays a graph as a film,
`explorer` is a graph that one goes into, with its modules in a `tree` (`sides` is what its page is told, `twins` compares two);
`run` shows a training while it runs and afterwards, with the numbers of `layers`, the words of `alarms` and the server of `serving`.

`page` has what they share. They are made from the scenes of `autograd.drawing`.
"""

from autograd.pages.explorer import Explorer, explore
from autograd.pages.page import Page
from autograd.pages.player import Player, graph_player
from autograd.pages.run import Run, watch

__all__ = ["Explorer", "Page", "Player", "Run", "explore", "graph_player", "watch"]
