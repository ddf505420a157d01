"""The review page: a person looks, decides and measures, on their own machine, with nothing sent anywhere."""

from sitewatch.web._app import app_of
from sitewatch.web._desk import Desk
from sitewatch.web._guard import Guard
from sitewatch.web._pixels import Mode
from sitewatch.web._serve import serve

__all__ = ["Desk", "Guard", "Mode", "app_of", "serve"]
