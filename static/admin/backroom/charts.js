/* Draws the charts of a page of figures; each bar leads where its row of the table leads. */
"use strict";

(() => {
  const data = document.getElementById("charts");
  if (!data || !window.Chart) return;
  const pictures = new Map(JSON.parse(data.textContent).map((picture) => [picture.id, picture]));
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)");
  const drawn = [];

  window.Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;

  const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
  const money = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const whole = new Intl.NumberFormat("en");

  function color(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--br-${name}`).trim();
  }

  function barColors(picture) {
    return picture.labels.map((_, index) => color(picture.tones[index] || "bar"));
  }

  // On a phone a long name would leave no room for its bar.
  function shortened(text, room) {
    return text.length > room ? `${text.slice(0, room - 1)}…` : text;
  }

  function scales(picture) {
    const grid = { color: color("line") };
    const ticks = { color: color("muted"), font: { size: 12 } };
    const amounts = { beginAtZero: true, grid, border: { display: false }, ticks: { ...ticks, maxTicksLimit: 6, precision: 0, callback: (value) => compact.format(value) } };
    const names = { grid: { display: false }, border: { color: color("line") }, ticks: { ...ticks, maxRotation: 0, autoSkip: picture.axis === "x", autoSkipPadding: 12 } };
    if (picture.axis === "x") return { x: names, y: amounts };
    names.ticks.callback = function callback(value) {
      return shortened(this.getLabelForValue(value), this.chart.width < 420 ? 16 : 26);
    };
    return { x: amounts, y: names };
  }

  function tooltip(picture) {
    return {
      displayColors: false,
      callbacks: {
        title: (items) => picture.labels[items[0].dataIndex],
        label: (item) => `${picture.what}: ${(picture.isMoney ? money : whole).format(picture.values[item.dataIndex])}`,
        footer: () => picture.hint || "Click for the orders",
      },
    };
  }

  function draw(figure) {
    const picture = pictures.get(figure.dataset.chart);
    figure.hidden = false;
    // Every bar keeps room for a finger (WCAG 2.5.8).
    if (picture.axis === "y") figure.querySelector(".br-canvas").style.height = `${picture.labels.length * 32 + 40}px`;
    const chart = new window.Chart(figure.querySelector("canvas"), {
      type: "bar",
      data: { labels: picture.labels, datasets: [{ label: picture.what, data: picture.values, backgroundColor: barColors(picture), borderRadius: 3, maxBarThickness: 36, minBarLength: 2 }] },
      options: {
        indexAxis: picture.axis,
        maintainAspectRatio: false,
        animation: isCalm.matches ? false : { duration: 300 },
        interaction: { mode: "index", axis: picture.axis, intersect: false },
        scales: scales(picture),
        plugins: { legend: { display: false }, tooltip: tooltip(picture) },
        onClick: (_event, items) => { if (items.length) window.location.assign(picture.urls[items[0].index]); },
        onHover: (event, items) => { event.native.target.style.cursor = items.length ? "pointer" : "default"; },
      },
    });
    drawn.push({ chart, picture });
  }

  function redraw() {
    drawn.forEach(({ chart, picture }) => {
      chart.data.datasets[0].backgroundColor = barColors(picture);
      chart.options.scales = scales(picture);
      chart.update("none");
    });
  }

  document.querySelectorAll("[data-chart]").forEach(draw);
  // The theme is a class of the page, set by unfold's switch.
  new MutationObserver(redraw).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
})();
