/** Asks for what there is to see while the page itself, which is a hundred times as large, is still being read. */

import "ol/ol.css";
import "./style.css";
import { api } from "./api";
import { tell } from "./dom";

async function start(): Promise<void> {
  try {
    const [{ Page }, site, told] = await Promise.all([import("./page"), api.site(), api.subjects(false)]);
    new Page(site, told);
    document.body.dataset.ready = "true";
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error), true);
  }
}

void start();
