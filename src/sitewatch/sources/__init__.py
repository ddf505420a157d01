"""Where dated images come from: each source finds scenes of a site and opens their files.

A name costs its import only when it is used: a run reaches no archive.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
