"""What is ordered for each sensor: Planet's item types and product bundles.

Planet, "Orders API: Product Bundles"; surface reflectance with the UDM2 mask.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PRODUCTS", "PlanetProduct"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanetProduct:
    """``asset`` is the image of the bundle, which an item must have; ``is_harmonised`` whether Planet can bring it to
    the reflectance of Sentinel-2; ``is_by_area`` whether it takes as much quota as it shows of the ground."""

    item_type: str
    bundle: str
    asset: str
    is_harmonised: bool
    is_by_area: bool


PRODUCTS: dict[str, PlanetProduct] = {
    "planetscope-4": PlanetProduct(item_type="PSScene", bundle="analytic_sr_udm2", asset="ortho_analytic_4b_sr",
                                   is_harmonised=True, is_by_area=True),
    "planetscope-8": PlanetProduct(item_type="PSScene", bundle="analytic_8b_sr_udm2", asset="ortho_analytic_8b_sr",
                                   is_harmonised=True, is_by_area=True),
    # SkySat's archive is sold with smallest areas that differ from contract to contract.
    "skysat": PlanetProduct(item_type="SkySatCollect", bundle="analytic_sr_udm2", asset="ortho_analytic_sr",
                            is_harmonised=False, is_by_area=False),
}
