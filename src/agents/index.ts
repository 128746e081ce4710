export { addSkills, type RawSkillsOptions, type SkillsWorld } from './add-skills.js';
