// The chat page.

import { createRoot } from 'react-dom/client'
import '../shared/base.css'
import { showTheme, systemTheme } from '../shared/theme.ts'
import { App } from './App.tsx'
import './chat.css'
import { load } from '../shared/saved.ts'
import { ChatStore } from './store.ts'

showTheme(load('theme', systemTheme()))
const root = document.getElementById('root')
if (root) createRoot(root).render(<App store={new ChatStore()} />)
