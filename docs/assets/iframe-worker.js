// Browsers start no Worker from file://. The search runs in a hidden frame instead.
if (location.protocol === "file:") {
  window.IFrameWorker = class extends EventTarget {
    constructor(url) {
      super();
      this.waiting = [];
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.append(this.frame);
      const { contentDocument: page, contentWindow: scope } = this.frame;
      page.open();
      scope.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      page.write("<!doctype html><title>search</title>");
      page.close();
      const script = page.createElement("script");
      script.src = new URL(url, document.baseURI);
      script.onload = () => {
        const messages = this.waiting;
        this.waiting = null;
        messages.forEach((data) => this.postMessage(data));
      };
      page.head.append(script);
    }

    postMessage(data) {
      if (this.waiting) this.waiting.push(data);
      else this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data }));
    }

    terminate() {
      this.frame.remove();
    }
  };
  window.Worker = window.IFrameWorker;
}
