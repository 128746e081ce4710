export { type DoctorWorld, doctor, type RawDoctorOptions, renderDoctor } from './doctor.js';
