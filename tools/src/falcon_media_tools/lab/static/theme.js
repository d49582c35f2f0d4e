// Runs before the page is drawn, so that the colours don't flash.
(() => {
  try {
    const theme = localStorage.getItem('falcon-media-theme');
    if (theme === 'light' || theme === 'dark') {
      document.documentElement.dataset.theme = theme;
    }
  } catch {
    // Storage is off: use the colours of the system.
  }
})();
