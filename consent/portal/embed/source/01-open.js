// Opens the script: all that follows is in one function, so that the page gets no names but `accordant`,
// `dataLayer` and `gtag`. Old browsers are spoken to in ES2017. Nothing that is done here throws into the page.
(function (window, document) {
  'use strict';
  if (window.accordant && typeof window.accordant.record === 'function') return;
