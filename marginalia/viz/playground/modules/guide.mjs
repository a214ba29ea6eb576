// A guided lesson: a text, a start for the trainings, and a question that is asked before one sees the answer.

import { words } from "./words.mjs";

export class Guide {
	name = ""; // of the lesson that is open
	at = 0; // its step
	guess = null; // { answer, right }: to the question of the step before
	isSeen = true; // whether the trainings have arrived where this step wants them

	// lessons: { name: { title, steps: [{ text, start, shows, ask: { question, answers, right } }] } }.
	// on: { start(address), leave() }.
	constructor(elements, lessons, on) {
		Object.assign(this, { elements, lessons, on });
		elements.lessons.addEventListener("change", () => this.open(elements.lessons.value));
		elements.next.addEventListener("click", () => this.go(this.at + 1));
		elements.back.addEventListener("click", () => this.go(this.at - 1));
		elements.leave.addEventListener("click", () => this.open(""));
		elements.answers.addEventListener("click", ({ target }) => target.value && this.take(Number(target.value)));
	}

	get steps() {
		return this.lessons[this.name]?.steps ?? [];
	}

	// Whether a question is open.
	get isAsking() {
		return Boolean(this.steps[this.at]?.ask);
	}

	get address() {
		return this.name ? `#lesson=${encodeURIComponent(this.name)}&at=${this.at + 1}` : "";
	}

	// Opens the lesson that an address names; returns whether it names one.
	follow(address) {
		const given = new URLSearchParams(address.replace(/^#/, ""));
		const name = given.get("lesson") ?? "";
		if (!Object.hasOwn(this.lessons, name)) return false;
		this.name = name;
		this.go(Number(given.get("at") ?? 1) - 1);
		return true;
	}

	// Closes the lesson without a word to anybody.
	close() {
		this.name = "";
		this.show();
	}

	open(name) {
		this.name = name;
		if (name) return this.go(0);
		this.show();
		this.on.leave();
	}

	go(at) {
		this.at = Math.min(this.steps.length - 1, Math.max(0, Math.floor(at) || 0));
		const asked = this.steps[this.at - 1]?.ask;
		this.isSeen = !asked || this.guess?.question !== asked.question;
		if (this.isSeen) this.guess = null;
		this.show();
		this.on.start(`#${this.steps[this.at].start}`);
	}

	take(number) {
		const { question, answers, right } = this.steps[this.at].ask;
		this.guess = { question, answer: answers[number], truth: answers[right] };
		this.go(this.at + 1);
	}

	// The trainings rest where this step wants them.
	arrived() {
		this.isSeen = true;
		if (this.name) this.show();
	}

	show() {
		const { elements, steps, at } = this;
		const step = steps[at];
		elements.lessons.value = "";
		elements.guide.hidden = !step;
		for (const group of document.querySelectorAll("[data-group]")) {
			group.hidden = Boolean(step) && !(step.shows ?? []).includes(group.dataset.group);
		}
		for (const name of ["play", "step"]) elements[name].disabled = this.isAsking;
		if (!step) return;
		elements["guide-title"].textContent = `${words(this.lessons[this.name].title)} ${at + 1}/${steps.length}`;
		const wait = words("Watch the network learn. The answer comes when it rests.");
		elements["guide-text"].textContent = this.isSeen ? words(step.text) : wait;
		elements["guide-guess"].textContent = this.verdict();
		elements.question.hidden = !step.ask;
		elements["question-text"].textContent = step.ask ? words(step.ask.question) : "";
		elements.answers.replaceChildren(...(step.ask?.answers ?? []).map(choice));
		elements.back.disabled = at === 0;
		elements.next.disabled = at === steps.length - 1 || !this.isSeen;
	}

	verdict() {
		if (!this.guess) return "";
		const { answer, truth } = this.guess;
		if (!this.isSeen) return words("Your guess: {}", words(answer));
		if (answer === truth) return words("Your guess: {}. That is right.", words(answer));
		return words("Your guess: {}. It is: {}.", words(answer), words(truth));
	}
}

function choice(answer, value) {
	return Object.assign(document.createElement("button"), { type: "button", value, textContent: words(answer) });
}
