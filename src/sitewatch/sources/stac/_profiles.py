"""The archives that are known by name: their addresses, and what they call the bands of each sensor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from sitewatch.errors import UsageError
from sitewatch.model import SENSORS, Sensor
from sitewatch.sources._credentials import credential_of
from sitewatch.sources.stac._s3 import COPERNICUS_KEYS, copernicus_key
from sitewatch.sources.stac._sign import Signing

__all__ = ["PROFILES", "Product", "Profile", "profile_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A collection with one sensor's surface reflectance: assets by band, in the order of the sensor's profile.

    Without ``bands`` and ``mask`` they are found by what each item says of its assets. ``platforms`` are the
    satellites whose images the sensor's profile describes; empty for all. ``licence`` is what holds for the images
    where their metadata say no more than that there is a licence.
    """

    collection: str
    bands: tuple[str, ...] = ()
    mask: str | None = None
    platforms: tuple[str, ...] = ()
    licence: str | None = None

    def with_own(self, collection: str | None, assets: tuple[str, ...], sensor: Sensor, is_static: bool) -> Product:
        """The same with what a case names itself; UsageError where that is too little or does not fit the sensor."""
        if not (collection or self.collection or is_static):
            raise UsageError("which collection of the API is meant? Give `collection`")
        count = len(sensor.bands)
        if assets and len(assets) not in (count, count + 1):
            raise UsageError(f"`assets` names {len(assets)}. Give one for each band ({', '.join(sensor.bands)}), and "
                             "then, if there is one, that of the mask")
        own = replace(self, collection=collection or self.collection)
        mask = assets[count] if len(assets) > count else None
        return replace(own, bands=assets[:count], mask=mask) if assets else own


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A STAC API. ``per_second`` is the most requests that it allows; ``signing`` how its files are made readable;
    ``variables`` are the environment variables that its own tools read a credential from.
    """

    name: str
    title: str
    url: str
    products: Mapping[str, Product] = field(default_factory=lambda: MappingProxyType({}))
    at_once: int = 8
    per_second: float | None = None
    signing: Signing | None = None
    variables: tuple[str, ...] = ()

    @property
    def credential(self) -> str | None:
        """Where its credential is from, None where there is none and none is needed."""
        if self.signing == "copernicus":
            key = copernicus_key()
            return key.origin if key else f"none: set {' and '.join(COPERNICUS_KEYS)}"
        found = credential_of(self.name, self.variables) if self.variables else None
        return found.origin if found else None


# By law the same for every copy: Commission Delegated Regulation (EU) No 1159/2013; 17 U.S.C. 105.
_COPERNICUS, _USGS = "Copernicus-Sentinel", "USGS-public-domain"
# Landsat 4 to 7 have other bands than the sensor's profile describes.
_LANDSAT = ("landsat-8", "landsat-9")
PROFILES: dict[str, Profile] = {
    profile.name: profile for profile in (
        Profile(name="earth-search", title="Earth Search by Element 84: Sentinel-2, open, without an account",
                url="https://earth-search.aws.element84.com/v1",
                products={"sentinel-2": Product(collection="sentinel-2-l2a", bands=("blue", "green", "red", "nir"),
                                                mask="scl", licence=_COPERNICUS)}),
        Profile(name="planetary-computer", title="Microsoft Planetary Computer: Sentinel-2 and Landsat, open",
                url="https://planetarycomputer.microsoft.com/api/stac/v1", signing="planetary-computer",
                variables=("PC_SDK_SUBSCRIPTION_KEY",),
                products={"sentinel-2": Product(collection="sentinel-2-l2a", bands=("B02", "B03", "B04", "B08"),
                                                mask="SCL", licence=_COPERNICUS),
                          "landsat": Product(collection="landsat-c2-l2", bands=("blue", "green", "red", "nir08"),
                                             mask="qa_pixel", platforms=_LANDSAT, licence=_USGS)}),
        # Four connections and five requests a second (documentation.dataspace.copernicus.eu, "Quotas and Limitations").
        Profile(name="copernicus", title="Copernicus Data Space: Sentinel-2 as ESA delivers it, with an account's keys",
                url="https://stac.dataspace.copernicus.eu/v1", signing="copernicus", at_once=4, per_second=5.0,
                products={"sentinel-2": Product(collection="sentinel-2-l2a", mask="SCL_20m", licence=_COPERNICUS,
                                                bands=("B02_10m", "B03_10m", "B04_10m", "B08_10m"))}),
    )
}


def profile_of(name: str | None, url: str | None) -> Profile:
    """The named profile, or one for an address of one's own; UsageError for neither or an unknown name."""
    if name is not None and name not in PROFILES:
        raise UsageError(f"no archive is called {name[:60]!r}. Known are {', '.join(PROFILES)}; "
                         "of any other STAC API give `url`, `collection` and `sensor`")
    if name is None and url is None:
        raise UsageError(f"which archive is meant? Give `profile` ({', '.join(PROFILES)}) or the `url` of a STAC API")
    if name is not None:
        profile = PROFILES[name]
        return profile if url is None else Profile(name=name, title=profile.title, url=url, products=profile.products,
                                                   at_once=profile.at_once, per_second=profile.per_second,
                                                   signing=profile.signing, variables=profile.variables)
    return Profile(name="stac", title="a STAC API", url=url or "",
                   products={sensor: Product(collection="") for sensor in SENSORS})
