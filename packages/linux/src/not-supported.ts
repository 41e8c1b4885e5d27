/** A command line asks for something that the machine does not have; the registry makes a `LabError` of it. */
export class NotSupported extends Error {
	constructor(message: string) {
		super(message);
		this.name = "NotSupported";
	}
}
