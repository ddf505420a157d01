from ._assistant import ask_model as ask_model
from .folder import FolderSource as FolderSource
from .planet import PlanetSource as PlanetSource
from .simulated import SimulatedSource as SimulatedSource
from .stac import StacSource as StacSource
