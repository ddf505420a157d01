"""sitewatch: what was built or removed at a place, between which two looks, how big it is and how sure that is.

The public API on one screen; a name costs its import only when it is used.

    import sitewatch as sw

    case = sw.Case.open("feb-11/")
    case.report().open()
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
