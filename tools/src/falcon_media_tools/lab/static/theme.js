// Runs before the page is drawn, so that it is never drawn in the other colours first.
(() => {
  try {
    const theme = localStorage.getItem('falcon-media-theme');
    if (theme === 'light' || theme === 'dark') {
      document.documentElement.dataset.theme = theme;
    }
  } catch {
    // Storage is off: the system's colours it is.
  }
})();
