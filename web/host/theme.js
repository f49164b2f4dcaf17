// Whether the frontend's theme is dark: old frontends say it by a class, newer ones by the colour scheme.

const DARK = "vram-forecast-dark";

/** Keeps a class on the page that our styles go by. @param {() => void} changed called when the theme is another */
export function followTheme(changed) {
  const page = document.documentElement;
  const look = () => {
    const dark = page.classList.contains("dark-theme") || getComputedStyle(page).colorScheme.includes("dark");
    if (page.classList.contains(DARK) === dark) return;
    page.classList.toggle(DARK, dark);
    changed();
  };
  look();
  new MutationObserver(look).observe(page, { attributes: true, attributeFilter: ["class", "style"] });
}
