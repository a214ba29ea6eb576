// What `page_data` in the HTML holds: everything about the runs that is not packed.

export const pageData = JSON.parse(document.getElementById("page-data").textContent);
